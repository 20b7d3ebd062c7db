import {
	ArgumentError,
	type BytesPlace,
	checkNames,
	loadPart,
	type OpenBytesOptions,
	parseSafetensors,
	SafetensorsFile,
	type Skip,
	serializeSafetensors,
	shown,
	type Tensor,
	type TextEncoder,
	type Warning,
	writeSafetensors,
} from "@drum/tensor";
import type { BlendOptions } from "./blend-profiles.ts";
import { otherEncoder, printOf } from "./encoder-prints.ts";
import type { DatedReference, Reference } from "./history.ts";
import type { AdapterName, Encoders } from "./mix.ts";
import { profileTensors, readProfileTensors } from "./profile-file.ts";
import type { ProfileParts, ProfileStates, Sampling } from "./profile-parts.ts";
import { weightsOf } from "./sides.ts";
import { type Rows, withoutRows } from "./without-rows.ts";

export interface ProfileBytesOptions {
	/**
	 * How the references' hidden states are kept. Default `"float16"`: half the size, and the same pictures within 1/255; an encoder whose
	 * states are beyond its range is kept in float32. The text features are always float32, so a grown profile picks the same prompts.
	 */
	dtype?: "float16" | "float32" | undefined;
}

export interface BlendPart {
	profile: Profile;
	/** How much it counts beside the others. Default 1. */
	weight?: number | undefined;
}

/** Marks profiles across copies of the package. */
const MARK = Symbol.for("@drum/profile");

/**
 * A user's profile: the coreset of their history, as conditions (paper section 4.2), and beside it, which the paper has not, one of what
 * they dislike. A value: it never changes, can be kept
 * in one safetensors file, and serves any number of prompts.
 */
export class Profile implements ProfileParts {
	readonly history: readonly DatedReference[];
	readonly features: Tensor<"float32">;
	readonly coreset: readonly number[];
	readonly states: readonly ProfileStates[];
	readonly negativeCoreset: readonly number[];
	readonly negativeStates: readonly ProfileStates[];
	readonly fingerprints: Readonly<Record<string, string>>;
	readonly sampling: Sampling;
	/** What was found when it was made, such as prompts that an encoder cut; not kept in its file. */
	readonly warnings: readonly Warning[];
	/** By an encoder's fingerprint, the one that this history has with it. */
	readonly #prints = new Map<string, string>();

	/** @internal */
	constructor(parts: ProfileParts) {
		this.history = parts.history;
		this.features = parts.features;
		this.coreset = parts.coreset;
		this.states = parts.states;
		this.negativeCoreset = parts.negativeCoreset ?? [];
		this.negativeStates = parts.negativeStates ?? [];
		this.fingerprints = parts.fingerprints;
		this.sampling = parts.sampling;
		this.warnings = parts.warnings ?? [];
	}

	/** The prompts of the coreset with their intensities, in the order taken; with a half-life, what their intensities count now. */
	get references(): Reference[] {
		return this.#referencesOf(this.coreset);
	}

	/** The same of what is disliked, with intensities below 0. Not in the paper. */
	get negativeReferences(): Reference[] {
		return this.#referencesOf(this.negativeCoreset);
	}

	/** What each history row counts in the coreset and the guidance, from 0: its intensity's amount, by age where there is a half-life. */
	get weights(): Float64Array {
		return weightsOf(this.history, this.sampling.halfLife);
	}

	#referencesOf(rows: readonly number[]): Reference[] {
		const { weights, history } = this;
		return rows.map((row) => {
			const { prompt, intensity } = history[row]!;
			return { prompt, intensity: intensity < 0 ? -weights[row]! : weights[row]! };
		});
	}

	/** The references' hidden states by one encoder: `[references, tokens, width]`. */
	hidden(encoder: AdapterName, skip: Skip): Tensor<"float32"> {
		return hiddenOf(this.states, encoder, skip);
	}

	/** The same of what is disliked. */
	negativeHidden(encoder: AdapterName, skip: Skip): Tensor<"float32"> {
		return hiddenOf(this.negativeStates, encoder, skip);
	}

	/** @throws ArgumentError when the profile was made with other encoders, under other LoRAs, or with other learned tokens in its prompts. */
	checkEncoders(encoders: Encoders): void {
		for (const [name, encoder] of Object.entries(encoders)) {
			const found = this.fingerprints[name];
			const print = found === encoder.fingerprint ? found : this.#printOf(encoder);
			if (found !== print) throw otherEncoder(name, encoder, print, found);
			this.#checkShapes(name, encoder);
		}
	}

	/** The whole history is looked at once for each set of learned tokens. */
	#printOf(encoder: TextEncoder): string {
		const known = this.#prints.get(encoder.fingerprint);
		if (known !== undefined) return known;
		const print = printOf(
			encoder,
			this.history.map(({ prompt }) => prompt),
		);
		this.#prints.set(encoder.fingerprint, print);
		return print;
	}

	/** A file that somebody has changed may name the right encoder. */
	#checkShapes(name: string, { tokens, width }: TextEncoder): void {
		for (const { encoder, hidden } of [...this.states, ...this.negativeStates]) {
			if (encoder !== name || (hidden.dims[1] === tokens && hidden.dims[2] === width)) continue;
			const expected = `hidden states of encoder ${name} [references, ${tokens}, ${width}]`;
			throw new ArgumentError({ what: "profile", expected, found: `[${hidden.dims.join(", ")}]` });
		}
	}

	/**
	 * Writes the profile as one safetensors file, and makes the folders that are missing; what was there before stays until the new file
	 * is whole. It holds the whole history in clear, so nobody but its owner may read it.
	 * In a browser there are no paths: `toBytes` gives the same bytes.
	 * @throws ArgumentError for an option that it does not take; FileError when it cannot be written.
	 */
	async save(path: string, options: ProfileBytesOptions = {}): Promise<void> {
		const { tensors, metadata } = profileTensors(this, checkedDtype("save", options));
		return writeSafetensors(path, tensors, metadata, { mode: 0o600 });
	}

	/**
	 * Reads a profile's file: a path, an address, a `File`, as `openBytes` takes them.
	 * @throws FileError when there is no such file, CheckpointError when it is not a profile or is damaged.
	 */
	static async load(place: BytesPlace, options: OpenBytesOptions = {}): Promise<Profile> {
		const file = await SafetensorsFile.open(place, options);
		const tensors = new Map<string, Tensor>();
		for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
		return new Profile(readProfileTensors(tensors, file.metadata, file.file.name));
	}

	/**
	 * The profile as the bytes of a safetensors file, for a database. They hold the whole history in clear.
	 * @throws ArgumentError for an option that it does not take.
	 */
	toBytes(options: ProfileBytesOptions = {}): Uint8Array {
		const { tensors, metadata } = profileTensors(this, checkedDtype("toBytes", options));
		return serializeSafetensors(tensors, metadata);
	}

	/** @throws ArgumentError for what is no bytes, CheckpointError when the bytes are not a profile. */
	static fromBytes(bytes: Uint8Array): Profile {
		if (!(bytes instanceof Uint8Array)) {
			throw new ArgumentError({
				what: "a profile's bytes",
				expected: "a Uint8Array",
				found: shown(bytes),
				...(typeof bytes === "string" && { next: "Profile.load(path) reads a file" }),
			});
		}
		const { tensors, metadata } = parseSafetensors(bytes, "profile");
		return new Profile(readProfileTensors(tensors, metadata, "profile"));
	}

	/**
	 * One profile of several, as for a new user who is like known ones: their references, each profile's intensities scaled to sum to its
	 * weight on each side, and those of a prompt that several have added up. Beyond `size` references Algorithm 1 chooses, and what it leaves
	 * out of a profile goes to that profile's others. The blend's history is what it keeps, so it holds prompts of the profiles in clear; it
	 * has no half-life. Not in the paper.
	 * @throws ArgumentError for no profiles, a weight that is not above 0 (default 1), profiles of different encoders or LoRAs, and one whose prompts
	 * have learned tokens: which of them have which is not in it, so neither is what the blend would belong to.
	 */
	static async blend(parts: readonly BlendPart[], options: BlendOptions = {}): Promise<Profile> {
		if (!Array.isArray(parts) || parts.length === 0 || !parts.every((part) => Profile.is(part?.profile))) {
			const expected = "a list of { profile, weight? }";
			throw new ArgumentError({ what: "parts of the blend", expected, found: shown(parts) });
		}
		const { blendProfiles } = await loadPart(() => import("./blend-profiles.ts"));
		return new Profile(
			await blendProfiles(
				parts.map(({ profile, weight = 1 }) => ({ parts: profile, weight })),
				options,
			),
		);
	}

	/**
	 * The profile without a prompt, several, or the rows for which a function says true, in any place of the history: of what is removed
	 * nothing stays in its bytes. A reference that goes is not replaced; `drum.extend(profile, [])` draws the coreset anew.
	 * @throws ArgumentError for a prompt that the history has not, and for a profile whose prompts have learned tokens: which of them have
	 * which is not in it, so neither is what the rest would belong to.
	 */
	without(which: Rows): Profile {
		return new Profile(withoutRows(this, which));
	}

	/** Whether the value is a profile, also one of another copy of this package, where `instanceof` does not tell. */
	static is(value: unknown): value is Profile {
		return value instanceof Profile || (typeof value === "object" && value !== null && MARK in value);
	}

	get [MARK](): true {
		return true;
	}
}

function hiddenOf(states: readonly ProfileStates[], encoder: AdapterName, skip: Skip): Tensor<"float32"> {
	const found = states.find((each) => each.encoder === encoder && each.skip === skip);
	if (found) return found.hidden;
	throw new ArgumentError({
		what: "profile",
		expected: `hidden states ${skip} of encoder ${encoder}`,
		found: states.map(({ encoder, skip }) => `${skip} of ${encoder}`).join(", ") || "none",
		next: "Make the profile with the pipeline that uses it",
	});
}

const DTYPES: readonly unknown[] = ["float16", "float32"];

function checkedDtype(call: string, options: ProfileBytesOptions): "float16" | "float32" {
	checkNames(call, options, ["dtype"] satisfies (keyof ProfileBytesOptions)[]);
	const { dtype = "float16" } = options;
	if (DTYPES.includes(dtype)) return dtype;
	throw new ArgumentError({ what: `dtype of ${call}`, expected: "float16 or float32", found: shown(dtype) });
}
