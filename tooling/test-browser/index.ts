export { type Browser, findBrowser } from "./browser.ts";
