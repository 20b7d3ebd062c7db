// What a page loads when it first asks the hub.
export { fileOnHub } from "./file-on-hub.ts";
export { HubRepository } from "./hub-repository.ts";
export { hubSettings } from "./settings.ts";
