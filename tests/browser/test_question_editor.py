"""The question editor in Chromium: the view and the notes follow the typing, passages are picked by keyboard."""

from playwright.sync_api import Page, Request, expect

from tests.browser.axe import in_both_schemes
from tests.browser.conftest import Opener
from tests.browser.hands import Keyboard
from tests.browser.site import Site
from tests.factories.media import CAPTIONS


def open_draft(site: Site, visit: Opener, *, script: bool = True) -> tuple[Page, int]:
    module = site.small_module(title="A module whose questions are written")
    editor, _watch = visit(site, site.person(roles=("editor",)), java_script_enabled=script)
    editor.goto(f"/desk/quizzes/{module.quiz_id}")
    editor.locator("main").get_by_role("button", name="Open a draft", exact=True).click()
    editor.locator("main").get_by_role("link", name="item-1", exact=True).first.click()
    expect(editor.locator("#stem")).to_be_visible()
    editor.wait_for_load_state()  # the scripts have run: before that, Enter is the form's own
    return editor, module.quiz_id


def test_the_view_and_the_notes_follow_the_typing(site: Site, visit: Opener) -> None:
    editor, _quiz = open_draft(site, visit)
    asked: list[Request] = []
    editor.on("request", lambda one: asked.append(one) if one.url.endswith("/view") else None)
    stem = editor.locator("#stem")
    stem.fill("")
    stem.press_sequentially("A patient has *cramps* which is not true", delay=15)
    expect(editor.locator(".preview-pane em")).to_have_text("cramps")
    note = editor.locator('[data-code="not_a_question"]')
    expect(note).to_contain_text("The last sentence is not a question.")
    expect(note.locator("a")).to_have_attribute("href", "#stem")
    expect(editor.locator("#announcements")).to_contain_text("advice")
    assert 1 <= len(asked) <= 3, "one request for a pause, not for a key"
    expect(stem).to_be_focused()
    assert in_both_schemes(editor) == []
    editor.get_by_role("button", name="Save in the draft").click()
    expect(editor.locator("main")).to_contain_text("Changed: stem.")


def test_a_passage_is_picked_by_keyboard(site: Site, visit: Opener) -> None:
    editor, _quiz = open_draft(site, visit)
    hands = Keyboard(editor)
    search = editor.locator("#find_passages")
    search.focus()
    editor.keyboard.type("two")
    expect(editor.locator("#announcements")).to_have_text("")
    editor.keyboard.press("Enter")
    expect(editor.locator("#announcements")).to_contain_text("1 passage has these words")
    box = editor.locator("#passages-found-p-two")
    hands.choose(box)
    expect(editor.locator("#pick-passages [data-chosen] #passages-found-p-two")).to_be_focused()
    expect(editor.locator("[data-part=passages] input")).to_have_count(0)
    assert in_both_schemes(editor) == []
    editor.get_by_role("button", name="Save in the draft").click()
    chosen = editor.locator("#pick-passages [data-chosen] input")
    expect(chosen).to_have_count(2)
    expect(editor.locator("main")).to_contain_text("Changed: passages.")
    editor.locator("#passages-has-p-one").uncheck()
    editor.get_by_role("button", name="Save in the draft").click()
    expect(chosen).to_have_count(1)


def test_the_same_without_script(site: Site, visit: Opener) -> None:
    editor, _quiz = open_draft(site, visit, script=False)
    editor.locator("#stem").fill("Typed without a script")
    editor.locator("#find_passages").fill("two")
    editor.locator("[data-picker=passages] [data-find]").click()
    expect(editor.locator("#stem")).to_have_value("Typed without a script")
    expect(editor.locator(".preview-pane")).to_contain_text("Typed without a script")
    expect(editor.locator('[data-code="not_a_question"]')).to_be_visible()
    editor.locator("#passages-found-p-two").check()
    editor.get_by_role("button", name="Save in the draft").click()
    expect(editor.locator("#pick-passages [data-chosen] input")).to_have_count(2)
    assert editor.url.split("?")[0].rsplit("/", 2)[-2] == "questions"


def test_a_video_is_added_and_plays_with_its_captions(site: Site, visit: Opener) -> None:
    editor, quiz = open_draft(site, visit)
    # A real film, made by the browser itself.
    film = editor.evaluate(
        """async () => {
          const canvas = document.createElement("canvas");
          canvas.width = 64; canvas.height = 48;
          const pen = canvas.getContext("2d");
          const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm" });
          const parts = [];
          recorder.ondataavailable = (event) => parts.push(event.data);
          const done = new Promise((resolve) => { recorder.onstop = resolve; });
          recorder.start();
          for (let step = 0; step < 12; step += 1) {
            pen.fillStyle = `hsl(${step * 30} 80% 40%)`; pen.fillRect(0, 0, 64, 48);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          recorder.stop(); await done;
          return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
        }"""
    )
    editor.goto(f"/desk/quizzes/{quiz}/media")
    editor.get_by_label("Picture or video").set_input_files(
        {"name": "Clip.webm", "mimeType": "video/webm", "buffer": bytes(film)}
    )
    editor.get_by_label("In words").fill("A foot is pulled up")
    editor.get_by_role("button", name="Add it").click()
    expect(editor.locator(".error-summary")).to_contain_text("A video needs its captions")
    editor.get_by_label("Picture or video").set_input_files(
        {"name": "Clip.webm", "mimeType": "video/webm", "buffer": bytes(film)}
    )
    editor.get_by_label("Captions of a video").set_input_files(
        {"name": "clip.vtt", "mimeType": "text/vtt", "buffer": CAPTIONS}
    )
    editor.get_by_role("button", name="Add it").click()
    expect(editor.locator(".notice-success")).to_contain_text("Added: clip.webm")
    video = editor.locator(".media-grid video")
    playing = video.evaluate(
        """async (film) => {
          film.muted = true; film.textTracks[0].mode = "showing";
          await film.play();
          await new Promise((resolve) => setTimeout(resolve, 600));
          return [film.videoWidth, film.textTracks[0].cues?.length ?? 0];
        }"""
    )
    assert playing == [64, 1]
    assert in_both_schemes(editor) == []
