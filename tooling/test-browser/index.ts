export { type Browser, findBrowser } from "./browser.ts";
export { bundlePage } from "./bundle.ts";
export { type Server, serve } from "./serve.ts";
export { findSoftwareGpu } from "./software-gpu.ts";
export { buildPage } from "./vite-page.ts";
