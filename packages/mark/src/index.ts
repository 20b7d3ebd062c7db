export { type C2paOptions, openC2paMark } from "./c2pa-mark.ts";
export { type ManifestReport, type ReadManifestOptions, readManifest } from "./read-manifest.ts";
export { type VerifiedPicture, verifyPicture } from "./verify-picture.ts";
