// Colours for the standard output: on a terminal, or where FORCE_COLOR asks for them; never where NO_COLOR forbids them.

import pico from "picocolors";

// picocolors alone would colour files and pipes too where CI is set.
const asked = process.stdout.isTTY === true || Boolean(process.env.FORCE_COLOR);

export const colors = pico.createColors(pico.isColorSupported && asked);
