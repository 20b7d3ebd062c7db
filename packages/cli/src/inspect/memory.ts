import type { CheckpointOutline, MemoryForecast } from "@drum/pipeline";

/** How weights are held, as `--dtype` has it. */
const DTYPES = ["auto", "int8", "int4"] as const;
export type Dtype = (typeof DTYPES)[number];

/** What a run of one picture needs on a CPU. */
export interface MemoryReport {
	/** Of the picture, in pixels. */
	height: number;
	width: number;
	forecasts: DtypeForecast[];
	/** Beside weights, at each one's peak. */
	denoiserActivationBytes: number;
	decoderActivationBytes: number;
	/** Of the VAE's encoder, which a run that begins from a picture loads too. */
	imageActivationBytes: number;
	/** Node.js and ONNX Runtime themselves. */
	processBytes: number;
	/** Of this machine or container. */
	machineBytes: number;
	/** What of it a run may fill. */
	usableBytes: number;
	advice: Advice;
	how: string;
}

/** What a run needs with weights held in one way. */
export interface DtypeForecast {
	dtype: Dtype;
	/** Weights in memory. */
	encoderBytes: number;
	denoiserBytes: number;
	decoderBytes: number;
	/** At the peak with all models in memory, and with one at a time. */
	keptBytes: number;
	offloadBytes: number;
	/** Of a run that begins from a picture: the weights of the VAE's encoder, and both peaks with it. */
	imageEncoderBytes: number;
	keptFromImageBytes: number;
	offloadFromImageBytes: number;
	/** Quantised weights on the disk, beside the download. */
	diskBytes: number;
}

/** The first of "as stored, all kept", "as stored, offloaded", "int8, …" that fits this machine. */
export type Advice = { fits: true; dtype: Dtype; offload: boolean; text: string } | { fits: false; text: string };

const HOW =
	"Weights: 4 bytes each; those of matrix products and convolutions as --dtype says; tables of embeddings as stored; only the VAE's " +
	"decoder. Computing, as measured: 160 MB of Node.js; 36 tensors of a UNet's first width for each condition at once; 24 of a " +
	"transformer's width; 4 of the decoder's second width. To begin from a picture, add the VAE's encoder and 4.5 tensors of its first width. With --offload, blocks under 32 MB stay for the next model. To personalise, add the adapters.";

/** Forecasts a run at the checkpoint's own size; undefined where its settings do not tell that. */
export async function forecastReport(outline: CheckpointOutline): Promise<MemoryReport | undefined> {
	const { fits, forecastMemory, heldAs, machineMemory, usableMemory } = await import("@drum/pipeline");
	const each = DTYPES.map((dtype) => [dtype, forecastMemory(outline, heldAs(dtype))] as const);
	const [, { activations, process }] = each[0]!;
	if (!activations) return undefined;
	const forecasts = each.map(([dtype, forecast]) => dtypeForecast(dtype, forecast));
	return {
		height: activations.height,
		width: activations.width,
		forecasts,
		denoiserActivationBytes: activations.denoiser,
		decoderActivationBytes: activations.vae,
		imageActivationBytes: activations.vaeEncoder,
		processBytes: process,
		machineBytes: machineMemory(),
		usableBytes: usableMemory(),
		advice: advise(forecasts, fits),
		how: HOW,
	};
}

function dtypeForecast(dtype: Dtype, forecast: MemoryForecast): DtypeForecast {
	const { encoders, denoiser, vae, vaeEncoder, kept, offload, fromImage, disk } = forecast;
	return {
		dtype,
		encoderBytes: encoders,
		denoiserBytes: denoiser,
		decoderBytes: vae,
		keptBytes: kept,
		offloadBytes: offload,
		imageEncoderBytes: vaeEncoder,
		keptFromImageBytes: fromImage.kept,
		offloadFromImageBytes: fromImage.offload,
		diskBytes: disk,
	};
}

function advise(forecasts: readonly DtypeForecast[], fits: (bytes: number) => boolean): Advice {
	for (const { dtype, keptBytes, offloadBytes } of forecasts) {
		const offload = !fits(keptBytes);
		if (offload && !fits(offloadBytes)) continue;
		const options = [dtype === "auto" ? "" : `--dtype ${dtype}`, offload ? "--offload (chosen by itself)" : ""];
		const text = options.filter((option) => option !== "").join(" and ");
		return { fits: true, dtype, offload, text: text ? `fits with ${text}` : "fits" };
	}
	return { fits: false, text: "does not fit" };
}
