/** Copy the engine, whose sources are those of the page, and the licences into the package. */

import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PAGE = new URL("../src/emograin/service/page/", import.meta.url);
const SOURCES = new URL("engine/", PAGE);
const TARGET = new URL("engine/", import.meta.url);

rmSync(TARGET, { recursive: true, force: true });
cpSync(fileURLToPath(SOURCES), fileURLToPath(TARGET), { recursive: true });
cpSync(fileURLToPath(new URL("LICENSES.txt", PAGE)), fileURLToPath(new URL("LICENSES.txt", import.meta.url)));
