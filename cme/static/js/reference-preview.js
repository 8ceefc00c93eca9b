// Citations: the reference's text beside the number.
import { previewLinks } from "./preview.js";

previewLinks("a.cite", (reference) => reference.textContent.trim().replace(/\s+/g, " "));
