import { encodePng, type Image } from "@drum/diffusion";
import { resizeLanczos } from "@drum/encoders-clip";

/** Longest side of what is sent, in pixels: as much as vision models look at of the shorter one. */
const LONGEST = 768;

/** A picture as it is sent: small, and as pixels alone. What its file told, such as where a photograph was taken, stays here. */
export async function sentPicture(image: Image): Promise<string> {
	const share = Math.min(1, LONGEST / Math.max(image.width, image.height));
	const size = { width: sideOf(image.width * share), height: sideOf(image.height * share) };
	const small = share === 1 ? image : { ...resizeLanczos(image, size) };
	return `data:image/png;base64,${base64(await encodePng({ ...small, data: Uint8Array.from(small.data) }))}`;
}

function sideOf(length: number): number {
	return Math.max(1, Math.round(length));
}

function base64(bytes: Uint8Array): string {
	const parts: string[] = [];
	// Three bytes make four letters, so parts of a multiple of three join without padding; an argument list has its bounds.
	for (let at = 0; at < bytes.length; at += 30_000)
		parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 30_000))));
	return parts.join("");
}
