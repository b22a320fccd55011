/** The page that `emograin page` writes: the model runs in the browser. */

import { $ } from "../dom.js";
import { start } from "../start.js";
import * as host from "./host_browser.js";
import { installOffline } from "./workers.js";

$("privacy").textContent = "Texts stay in this browser: the model runs in it, and nothing is sent.";
start(host);
installOffline();
