import {
	ArgumentError,
	CheckpointError,
	type NamedTensors,
	parseSafetensors,
	type Skip,
	serializeSafetensors,
	type Tensor,
	type Warning,
} from "@drum/tensor";
import { SafetensorsFile, writeSafetensors } from "@drum/tensor/node";
import { z } from "zod";
import type { Reference } from "./history.ts";
import type { AdapterName, Encoders } from "./mix.ts";

/** How a profile's coreset was drawn, and is drawn again when the profile grows. */
export interface Sampling {
	/** Part of the history, in (0, 1]. */
	readonly ratio?: number | undefined;
	/** Or a number of prompts. */
	readonly size?: number | undefined;
	readonly seed: number;
}

/** The references' raw hidden states by one encoder at one skip: `[references, tokens, width]`. */
export interface ProfileStates {
	readonly encoder: AdapterName;
	readonly skip: Skip;
	readonly hidden: Tensor<"float32">;
}

export interface ProfileParts {
	/** Everything the user asked for, oldest first. */
	readonly history: readonly Reference[];
	/** Text feature of each history row, from which the coreset is drawn: `[history, width]`. */
	readonly features: Tensor<"float32">;
	/** The coreset: rows of `history`, in the order taken. */
	readonly coreset: readonly number[];
	readonly states: readonly ProfileStates[];
	readonly fingerprints: Readonly<Record<string, string>>;
	readonly sampling: Sampling;
	readonly warnings?: readonly Warning[] | undefined;
}

const metadataSchema = z.object({
	history: z.array(z.object({ prompt: z.string(), intensity: z.number().min(0) })),
	coreset: z.array(z.int().min(0)),
	fingerprints: z.record(z.string(), z.string()),
	sampling: z.object({ ratio: z.number().optional(), size: z.number().optional(), seed: z.number() }),
});

const VERSION = "1";

/**
 * A user's profile: the coreset of their history, as conditions (paper section 4.2). A value: it never changes, can be kept
 * in one safetensors file, and serves any number of prompts.
 */
export class Profile implements ProfileParts {
	readonly history: readonly Reference[];
	readonly features: Tensor<"float32">;
	readonly coreset: readonly number[];
	readonly states: readonly ProfileStates[];
	readonly fingerprints: Readonly<Record<string, string>>;
	readonly sampling: Sampling;
	/** What was found when it was made, such as prompts that an encoder cut; not kept in its file. */
	readonly warnings: readonly Warning[];

	/** @internal */
	constructor(parts: ProfileParts) {
		this.history = parts.history;
		this.features = parts.features;
		this.coreset = parts.coreset;
		this.states = parts.states;
		this.fingerprints = parts.fingerprints;
		this.sampling = parts.sampling;
		this.warnings = parts.warnings ?? [];
	}

	/** The prompts of the coreset with their intensities, in the order taken. */
	get references(): Reference[] {
		return this.coreset.map((row) => this.history[row]!);
	}

	/** The references' hidden states by one encoder: `[references, tokens, width]`. */
	hidden(encoder: AdapterName, skip: Skip): Tensor<"float32"> {
		const states = this.states.find((each) => each.encoder === encoder && each.skip === skip);
		if (states) return states.hidden;
		throw new ArgumentError({
			what: "profile",
			expected: `hidden states ${skip} of encoder ${encoder}`,
			found: this.states.map(({ encoder, skip }) => `${skip} of ${encoder}`).join(", ") || "none",
			next: "Make the profile with the pipeline that uses it",
		});
	}

	/** @throws ArgumentError when the profile was made with other encoders. */
	checkEncoders(encoders: Encoders): void {
		for (const [name, encoder] of Object.entries(encoders)) {
			const found = this.fingerprints[name];
			if (found === encoder.fingerprint) continue;
			throw new ArgumentError({
				what: "profile",
				expected: `one made with this ${encoder.name} (${encoder.fingerprint.slice(0, 8)})`,
				found: found ? `one made with another (${found.slice(0, 8)})` : `one without encoder ${name}`,
				next: "Make it again from the history with this model",
			});
		}
	}

	/**
	 * Writes the profile as one safetensors file, and makes the folders that are missing; what was there before stays until the new file
	 * is whole.
	 * @throws FileError when it cannot be written.
	 */
	save(path: string): Promise<void> {
		return writeSafetensors(path, this.#tensors(), this.#metadata());
	}

	/** @throws FileError when there is no such file, CheckpointError when it is not a profile or is damaged. */
	static async load(path: string): Promise<Profile> {
		const file = await SafetensorsFile.open(path);
		const tensors = new Map<string, Tensor>();
		for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
		return fromTensors(tensors, file.metadata, path);
	}

	/** The profile as the bytes of a safetensors file, for a database. */
	toBytes(): Uint8Array {
		return serializeSafetensors(this.#tensors(), this.#metadata());
	}

	/** @throws CheckpointError when the bytes are not a profile. */
	static fromBytes(bytes: Uint8Array): Profile {
		const { tensors, metadata } = parseSafetensors(bytes, "profile");
		return fromTensors(tensors, metadata, "profile");
	}

	#tensors(): NamedTensors {
		const states = this.states.map(({ encoder, skip, hidden }) => [`${encoder}.hidden${skip}`, hidden]);
		return { features: this.features, ...Object.fromEntries(states) };
	}

	#metadata(): Record<string, string> {
		const { history, coreset, fingerprints, sampling } = this;
		const parts = Object.entries({ history, coreset, fingerprints, sampling });
		return { drum_profile: VERSION, ...Object.fromEntries(parts.map(([key, value]) => [key, JSON.stringify(value)])) };
	}
}

function fromTensors(
	tensors: ReadonlyMap<string, Tensor>,
	metadata: Readonly<Record<string, string>>,
	name: string,
): Profile {
	const fail = (expected: string, found: string, cause?: unknown): never => {
		throw new CheckpointError({
			what: `profile ${name}`,
			expected,
			found,
			next: "Make it again from the history",
			cause,
		});
	};
	if (metadata.drum_profile !== VERSION) {
		fail(
			`a profile of version ${VERSION}`,
			metadata.drum_profile ? `version ${metadata.drum_profile}` : "another kind of file",
		);
	}
	const parts = parseMetadata(metadata, fail);
	const { history, coreset } = parts;
	const features = tensors.get("features");
	if (features?.type !== "float32" || features.dims.length !== 2 || features.dims[0] !== history.length) {
		fail(`features of ${history.length} history rows`, features ? `[${features.dims.join(", ")}]` : "none");
	}
	const outside = coreset.find((row) => row >= history.length);
	if (outside !== undefined) fail(`rows of a history of ${history.length}`, `row ${outside}`);
	if (coreset.length > 0 && coreset.every((row) => history[row]!.intensity === 0)) {
		fail("a coreset with at least one intensity above 0", "none");
	}
	const states = [...tensors].flatMap(([key, hidden]): ProfileStates[] => {
		const [, encoder, skip] = /^(.+)\.hidden(-[12])$/.exec(key) ?? [];
		if (encoder === undefined) return [];
		if (!Object.hasOwn(parts.fingerprints, encoder)) fail(`a fingerprint of the encoder of ${key}`, "none");
		if (hidden.type !== "float32" || hidden.dims.length !== 3 || hidden.dims[0] !== coreset.length) {
			fail(`${key} [${coreset.length}, tokens, width]`, `[${hidden.dims.join(", ")}]`);
		}
		return [{ encoder, skip: Number(skip) as Skip, hidden: hidden as Tensor<"float32"> }];
	});
	return new Profile({ ...parts, features: features as Tensor<"float32">, states });
}

function parseMetadata(
	metadata: Readonly<Record<string, string>>,
	fail: (expected: string, found: string, cause?: unknown) => never,
) {
	try {
		const keys = Object.keys(metadataSchema.shape);
		return metadataSchema.parse(Object.fromEntries(keys.map((key) => [key, JSON.parse(metadata[key] ?? "null")])));
	} catch (cause) {
		return fail("its history, coreset, fingerprints and sampling", "metadata that do not parse", cause);
	}
}
