/** The page of `emograin serve`. */

import { isLocked, onNewKey } from "./api_key.js";
import * as host from "./host_service.js";
import { predictText } from "./one_text.js";
import { begin, start } from "./start.js";

onNewKey(async () => {
  await begin();
  if (!isLocked()) predictText();
});
start(host);
