import { autoencoderShape, createScheduler, SCHEDULER_NAMES } from "@drum/diffusion";
import type { Mix } from "@drum/peca";
import { CheckpointError, shown } from "@drum/tensor";
import type { DrawingConfigs } from "./amend-configs.ts";
import type { FoundationModel } from "./foundation-model.ts";

/** Channels of a picture. */
const COLOURS = 3;

/** Widths of an encoder, or of the configuration of an encoder that is not loaded yet. */
interface Widths {
	readonly width: number;
	readonly projectedWidth?: number;
}

/**
 * Checks the components' configurations, and that they fit together. Names are for messages.
 * @throws CheckpointError that names the field which is missing, out of range, not supported, or does not fit another part's
 */
export function checkConfigs(
	model: FoundationModel,
	configs: DrawingConfigs & {
		encoders: Readonly<Record<string, Widths | undefined>>;
		denoiserName: string;
		vaeName: string;
	},
): void {
	const { denoiserName: what, vaeName } = configs;
	const { fields } = model.denoiser;
	const denoiser = model.denoiser.shape(configs.denoiser, what);
	const { latentChannels, outChannels } = autoencoderShape(configs.vae, vaeName);
	if (outChannels !== COLOURS) {
		throw new CheckpointError({
			what: `out_channels of ${vaeName}`,
			expected: `${COLOURS}: red, green and blue`,
			found: String(outChannels),
			next: "A VAE of grey pictures, or of transparent ones, is not supported",
		});
	}
	const fit = (field: string, found: number | undefined, expected: number | undefined, whose: string): void => {
		if (expected === undefined || found === expected) return;
		throw new CheckpointError({
			what: `${field} of ${what}`,
			expected: `${expected}, ${whose}`,
			found: shown(found),
			next: `The parts do not belong together, or are no ${model.name}`,
		});
	};
	fit(fields.channels, denoiser.channels, latentChannels, "the VAE's latent_channels");
	fit(fields.width, denoiser.width, conditionWidth(model.mix, configs.encoders), "the text encoders'");
	const pooled = pooledWidth(model.mix, configs.encoders);
	fit(fields.pooledWidth ?? "pooled width", denoiser.pooledWidth ?? 0, pooled, "the text encoders'");
}

/** Width of the last list of the mix, to which the others are padded. Undefined if an encoder of it is missing. */
function conditionWidth(mix: Mix, encoders: Readonly<Record<string, Widths | undefined>>): number | undefined {
	return sum(mix.promptEmbeds.at(-1)!.map((part) => ("zeros" in part ? part.zeros[1] : encoders[part.encoder]?.width)));
}

function pooledWidth({ pooled }: Mix, encoders: Readonly<Record<string, Widths | undefined>>): number | undefined {
	return sum(
		pooled.map(({ encoder, project }) => (project ? encoders[encoder]?.projectedWidth : encoders[encoder]?.width)),
	);
}

/** Undefined if one of them is unknown. */
function sum(widths: readonly (number | undefined)[]): number | undefined {
	return widths.reduce((all, width) => (all === undefined || width === undefined ? undefined : all + width), 0);
}

/** Refuses a file that no sampler can read. An unknown sampler is allowed, because each call can choose another. */
export async function checkScheduler(model: FoundationModel, config: unknown): Promise<void> {
	const failures: unknown[] = [];
	for (const name of [undefined, ...SCHEDULER_NAMES]) {
		try {
			await createScheduler(config, 4, { ...scheduleOf(model, 4, 16), name, noise: (size) => new Float32Array(size) });
			return;
		} catch (error) {
			failures.push(error);
		}
	}
	throw failures[0];
}

/** What a model's diffusers pipeline gives its scheduler for a run with this number of steps and patches. */
export function scheduleOf({ sigmas }: FoundationModel, steps: number, imageSequenceLength: number) {
	return { defaultSigmas: sigmas?.(steps), imageSequenceLength };
}
