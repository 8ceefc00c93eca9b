"""How a person operates a page: with a mouse, or with the keyboard alone. Both count what they do."""

from playwright.sync_api import Locator, Page

MOST_TABS = 900
IS_THERE = """(wanted) => {
  const at = document.activeElement;
  return at === wanted || (wanted.type === "radio" && at.type === "radio" && at.name === wanted.name);
}"""
RING = """(focused) => {
  const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const looks = [getComputedStyle(focused), getComputedStyle(focused, "::after"), getComputedStyle(focused.parentElement)];
  return looks.some(outlined);
}"""


class Mouse:
    """Points and clicks."""

    name = "mouse"

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def press(self, target: Locator) -> None:
        """A link or a button."""
        self.presses += 1
        target.click()

    def choose(self, option: Locator) -> None:
        """A radio button or a check box, by its label where the control itself is small or drawn."""
        self.presses += 1
        option.check()

    def answer(self, options: Locator, index: int, _turn: int) -> None:
        """One option of a question."""
        self.choose(options.nth(index))

    def fill(self, field: Locator, text: str) -> None:
        field.fill(text)

    def select(self, field: Locator, value: str) -> None:
        field.select_option(value)


class Keyboard(Mouse):
    """Tab, Space, Enter, arrows and digits; the mouse is never moved."""

    name = "keyboard"

    def __init__(self, page: Page, *, digits: bool = True) -> None:
        super().__init__(page)
        self.digits = digits
        self.without_ring: list[str] = []

    def press(self, target: Locator) -> None:
        self.presses += 1
        self._go_to(target)
        self.page.keyboard.press("Enter")

    def choose(self, option: Locator) -> None:
        self.presses += 1
        self._go_to(option)
        group = self.page.locator(f"input[name='{option.get_attribute('name')}']")
        if option.get_attribute("type") == "checkbox":
            self.page.keyboard.press("Space")
        else:
            self._arrow_to(group, option)
        assert option.is_checked()

    def answer(self, options: Locator, index: int, turn: int) -> None:
        self.presses += 1
        self._go_to(options.first)
        if self.digits and turn % 2:
            self.page.keyboard.press(str(index + 1))
        else:
            self._arrow_to(options, options.nth(index))
        assert options.nth(index).is_checked()

    def fill(self, field: Locator, text: str) -> None:
        self._go_to(field)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def select(self, field: Locator, value: str) -> None:
        self._go_to(field)
        label = field.locator(f"option[value='{value}']").inner_text()
        self.page.keyboard.type(label, delay=5)
        assert field.input_value() == value, f"typing “{label}” chose {field.input_value()}"

    def _arrow_to(self, group: Locator, option: Locator) -> None:
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if option.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError("the arrows did not reach the option")

    def _go_to(self, target: Locator) -> None:
        wanted = target.element_handle()
        for _ in range(MOST_TABS):
            if self.page.evaluate(IS_THERE, wanted):
                if not self.page.evaluate(f"() => ({RING})(document.activeElement)"):
                    self.without_ring.append(f"{self.page.url}: {target}")
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{MOST_TABS} times Tab did not reach {target}")
