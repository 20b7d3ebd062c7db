// What a UNet needs for calls with a cache. Loaded by the first such call.
export { CachedCalls } from "@drum/diffusion";
export { CutSession } from "@drum/graph";
export { cutUNet } from "./cut-unet.ts";
