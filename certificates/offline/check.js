// The page: takes the files, says the verdict.

const LABELS = [
  ["name", "Name"], ["credentials", "Letters after the name"], ["kind", "Document"], ["title", "Activity"],
  ["amount", "Amount"], ["maximum", "Maximum"], ["completed", "Date completed"], ["provider", "Provider"],
  ["number", "Certificate number"], ["code", "Code"],
];

async function judge(bytes, lists, crls) {
  const withdrawn = await withdrawnBy(crls);
  const text = latin(bytes);
  need(text.slice(0, 1024).includes("%PDF-"), "The file is not a PDF document.");
  const signers = await judgeSignature(bytes, text);
  if (!/\/Type\s*\/EmbeddedFile/.test(text)) {
    const gone = dayOf(signers, withdrawn);
    need(!gone, `It is signed with a key that was withdrawn on ${gone}, because somebody else may have it: the file ` +
      "proves nothing by itself.", Unproven);
    need(false, "The issuer has signed it, the signature covers the whole file, and nothing was added. But it carries no " +
      "credential: it is a transcript or a list. Look up each certificate that it names on the issuer's page.", Other);
  }
  const { claims, chain } = await token(await embedded(bytes, text));
  const found = facts(claims);
  const day = dayOf(signers, withdrawn) || dayOf(chain, withdrawn);
  need(!day, `It is signed with a key that was withdrawn on ${day}, because somebody else may have it: the file proves ` +
    `nothing by itself. Look its code up on the issuer's page: ${found.code}.`, Unproven);
  return { facts: found, status: await fallen(claims, lists, withdrawn), lists: crls.length > 0 };
}

function show(kind, heading, lines) {
  const place = document.getElementById("verdict");
  place.replaceChildren();
  place.className = kind;
  const title = document.createElement("h2");
  title.textContent = heading;
  place.append(title);
  for (const line of lines) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    place.append(paragraph);
  }
  place.hidden = false;
  place.focus();
}

function tell(found) {
  const list = document.getElementById("facts");
  list.replaceChildren();
  for (const [key, label] of LABELS) {
    if (!found || !found[key]) continue;
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    term.textContent = label;
    value.textContent = found[key];
    list.append(term, value);
  }
  document.getElementById("about").textContent = found ? found.about : "";
  document.getElementById("said").hidden = !found;
}

const HEADINGS = [[Unproven, "Not proven"], [Other, "As it was signed, but no certificate"], [Unsure, "Could not be checked"], [Error, "Not as it was issued"]];

async function check(file, newer, newerKeys) {
  tell(null);
  const crls = data.withdrawn.map(fromBase64);
  if (newerKeys) crls.push(binary(new Uint8Array(await newerKeys.arrayBuffer())));
  const lists = newer ? [await newer.text(), ...data.lists] : data.lists;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = `SHA-256 of the file: ${toHex(await sha256(bytes))}`;
  try {
    const { facts: found, status, lists: asked } = await judge(bytes, lists, crls);
    tell(found);
    const compare = "Compare the facts below with what the document shows: they must be the same." +
      (asked ? "" : " Whether its key was withdrawn is not known: there is no list of withdrawn keys here.");
    if (status && status.fell) {
      show("bad", "Revoked or replaced", [
        "The document is as it was issued, but it does not stand any more: it was revoked, or a corrected one has replaced it.",
        `By the status list of ${inWords(status.at)}.`, digest]);
    } else if (status) {
      show("good", "As it was issued", [compare, `It stood when the status list was made: ${inWords(status.at)}.`, digest]);
    } else {
      show("good", "As it was issued", [
        compare, "Whether it was revoked since is not known: the status list here is older than the certificate.", digest]);
    }
  } catch (error) {
    const sentence = error instanceof Wrong ? error.message : "The file is damaged or was changed.";
    const [, heading] = HEADINGS.find(([kind]) => error instanceof kind);
    const advice = error instanceof Other ? [] : ["Do not rely on this file."];
    show("bad", heading, [sentence, ...advice, digest]);
  }
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = document.getElementById("file").files;
  const [newer] = document.getElementById("list").files;
  const [newerKeys] = document.getElementById("withdrawn").files;
  if (file) check(file, newer, newerKeys);
});
