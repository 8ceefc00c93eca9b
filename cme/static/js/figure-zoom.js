// Figures open large in a dialog; without it the link opens the picture itself.
let dialog;

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "figure-dialog";
  const picture = document.createElement("img");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-primary";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.append(picture, close);
  document.body.append(dialog);
}

for (const link of document.querySelectorAll("a[data-zoom]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || typeof HTMLDialogElement === "undefined") return;
    event.preventDefault();
    if (!dialog) build();
    const shown = link.querySelector("img");
    const picture = dialog.querySelector("img");
    picture.src = link.href;
    picture.alt = shown?.alt || "";
    dialog.setAttribute("aria-label", shown?.alt || "Figure");
    dialog.showModal();
  });
}
