export { type Browser, findBrowser } from "./browser.ts";
export { findSoftwareGpu } from "./software-gpu.ts";
