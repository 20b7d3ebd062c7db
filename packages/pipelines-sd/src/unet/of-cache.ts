// What a UNet needs for calls that leave out work. It is loaded with the first of them.
export { CachedCalls } from "@drum/diffusion";
export { CutSession } from "@drum/graph";
export { cutUNet } from "./cut-unet.ts";
