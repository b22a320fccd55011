/** The progress bar of the model's files. */

import { $ } from "../dom.js";

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);

/** Show how much is loaded: {loaded, total, stored}, in bytes; null before the total is known. */
export function showLoading(progress) {
  const ready = progress && progress.loaded >= progress.total;
  const what = progress?.stored ? "Reading the model from this browser" : "Loading the model";
  $("loading").hidden = false;
  $("loading-told").textContent = ready ? "Starting the model" : what;  // spoken, so it changes seldom
  $("loading-count").textContent = progress ? `${megabytes(progress.loaded)} of ${megabytes(progress.total)} MB` : "";
  const bar = $("loading").querySelector("progress");
  if (progress && !ready) bar.value = progress.loaded / progress.total;
  else bar.removeAttribute("value");
}

export const hideLoading = () => { $("loading").hidden = true; };
