/** Copy the engine, whose sources are those of the page, into the package. */

import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SOURCES = new URL("../src/emograin/service/page/engine/", import.meta.url);
const TARGET = new URL("engine/", import.meta.url);

rmSync(TARGET, { recursive: true, force: true });
cpSync(fileURLToPath(SOURCES), fileURLToPath(TARGET), { recursive: true });
