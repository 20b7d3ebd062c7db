import { checkDevice } from "@drum/graph";
import { DrumError } from "@drum/tensor";

/** What a larger model finds of the graphics processor. */
export interface TriedGpu {
	/** Why it cannot draw at all. */
	readonly refused?: string;
	/** Why it draws in float32 alone. */
	readonly float16Refused?: string;
}

interface Adapter {
	readonly features: ReadonlySet<string>;
}

/** Tries the GPU out, as the library does before a model is opened there: what a browser lacks is found before anything is loaded. */
export async function tryGpu(): Promise<TriedGpu> {
	const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
	if (!isSecureContext) return { refused: "the page does not come by https, without which browsers give no WebGPU" };
	if (!gpu) return { refused: "this browser has no WebGPU" };
	const adapter = await gpu.requestAdapter();
	if (!adapter) return { refused: "WebGPU finds no graphics processor that it can use" };
	try {
		const { float16, float16Refused = "" } = await checkDevice("webgpu");
		if (!adapter.features.has("shader-f16")) return { float16Refused: "it has no half precision (shader-f16)" };
		return float16 ? {} : { float16Refused };
	} catch (error) {
		if (!DrumError.is(error) || error.code !== "device") throw error;
		return { refused: [error.what, error.found].filter(Boolean).join(": ") };
	}
}
