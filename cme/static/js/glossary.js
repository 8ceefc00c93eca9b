// Glossary terms: the definition beside the word.
import { previewLinks } from "./preview.js";

previewLinks("a.term", (entry) => (entry.querySelector("dd") || entry).textContent.trim().replace(/\s+/g, " "));
