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

/** How a profile is stored. */
export interface ProfileBytesOptions {
	/**
	 * Precision of the references' hidden states. Default `"float16"`: half the size, and the same pictures within 1/255. States that are too
	 * large for float16 are stored in float32. The text features are always float32, so an extended profile picks the same prompts.
	 */
	dtype?: "float16" | "float32" | undefined;
}

/** One profile of a blend. */
export interface BlendPart {
	profile: Profile;
	/** Its weight relative to the others, above 0. Default 1. */
	weight?: number | undefined;
}

/** Marks profiles, so that other copies of the package recognise them. */
const MARK = Symbol.for("@drum/profile");

/**
 * A user's profile: the conditions of the coreset of their history (paper section 4.2), and a second coreset of what they dislike, which is
 * not in the paper. A profile never changes, can be stored in one safetensors file, and can be used for any number of prompts.
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
	/** Warnings from when it was made, such as prompts that an encoder cut. They are not stored in its file. */
	readonly warnings: readonly Warning[];
	/** For an encoder's fingerprint: its fingerprint for the prompts of this history. */
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

	/** The prompts of the coreset with their intensities, in the order of Algorithm 1. With a half-life, intensities are reduced by age. */
	get references(): Reference[] {
		return this.#referencesOf(this.coreset);
	}

	/** The prompts of the negative coreset, with intensities below 0. Not in the paper. */
	get negativeReferences(): Reference[] {
		return this.#referencesOf(this.negativeCoreset);
	}

	/** The weight of each history row in the coreset and the guidance, from 0: the absolute intensity, reduced by age if there is a half-life. */
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

	/** The references' raw hidden states `[references, tokens, width]`. @throws ArgumentError if it has none of this encoder and skip */
	hidden(encoder: AdapterName, skip: Skip): Tensor<"float32"> {
		return hiddenOf(this.states, encoder, skip);
	}

	/** The hidden states of the disliked references. @throws as `hidden` */
	negativeHidden(encoder: AdapterName, skip: Skip): Tensor<"float32"> {
		return hiddenOf(this.negativeStates, encoder, skip);
	}

	/** @throws ArgumentError if the profile was made with other encoders, other LoRAs, or other learned tokens in its prompts */
	checkEncoders(encoders: Encoders): void {
		for (const [name, encoder] of Object.entries(encoders)) {
			const found = this.fingerprints[name];
			const print = found === encoder.fingerprint ? found : this.#printOf(encoder);
			if (found !== print) throw otherEncoder(name, encoder, print, found);
			this.#checkShapes(name, encoder);
		}
	}

	/** Checks the whole history only once for each set of learned tokens. */
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

	/** A file that was edited may have the right fingerprint but wrong shapes. */
	#checkShapes(name: string, { tokens, width }: TextEncoder): void {
		for (const { encoder, hidden } of [...this.states, ...this.negativeStates]) {
			if (encoder !== name || (hidden.dims[1] === tokens && hidden.dims[2] === width)) continue;
			const expected = `hidden states of encoder ${name} [references, ${tokens}, ${width}]`;
			throw new ArgumentError({ what: "profile", expected, found: `[${hidden.dims.join(", ")}]` });
		}
	}

	/**
	 * Writes the profile as one safetensors file, and makes missing folders. An older file stays until the new one is complete. The file
	 * contains the whole history unencrypted, so only its owner gets permission to read it. In a browser there are no paths: `toBytes` gives
	 * the same bytes.
	 * @throws ArgumentError for an unknown option or dtype; FileError if the file cannot be written
	 */
	async save(path: string, options: ProfileBytesOptions = {}): Promise<void> {
		const { tensors, metadata } = profileTensors(this, checkedDtype("save", options));
		return writeSafetensors(path, tensors, metadata, { mode: 0o600 });
	}

	/**
	 * Reads a profile's file.
	 * @param place a path, an address or a `File`, as for `openBytes`
	 * @throws FileError if there is no such file; CheckpointError if it is not a profile, or is damaged
	 */
	static async load(place: BytesPlace, options: OpenBytesOptions = {}): Promise<Profile> {
		const file = await SafetensorsFile.open(place, options);
		const tensors = new Map<string, Tensor>();
		for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
		return new Profile(readProfileTensors(tensors, file.metadata, file.file.name));
	}

	/**
	 * The profile as the bytes of a safetensors file, for a database. They contain the whole history unencrypted.
	 * @throws ArgumentError for an unknown option or dtype
	 */
	toBytes(options: ProfileBytesOptions = {}): Uint8Array {
		const { tensors, metadata } = profileTensors(this, checkedDtype("toBytes", options));
		return serializeSafetensors(tensors, metadata);
	}

	/** Reads a profile from the bytes of `toBytes`. @throws ArgumentError if they are not bytes; CheckpointError if they are not a profile */
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
	 * Joins several profiles into one, for example for a new user who is similar to known ones. The blend has the references of all profiles.
	 * Among likes and among dislikes, the intensities of each profile are scaled to sum to its weight, and those of a common prompt are
	 * added. If there are more than `size` references, Algorithm 1 chooses. The intensity of a reference that it leaves out goes to the other
	 * references of the same profile. The blend's history consists of the references that it keeps, so it contains prompts of the profiles
	 * unencrypted. It has no half-life. Not in the paper.
	 * @throws ArgumentError for an empty list, a weight that is not above 0, or profiles with different encoders or LoRAs
	 * @throws ArgumentError for a profile with learned tokens in its prompts, because it does not record which prompts have which tokens
	 * @throws the signal's reason
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
	 * The profile without some history rows: those with a prompt, with one of several prompts, or for which a function returns true. Nothing of
	 * them stays in the new profile's bytes. A removed reference is not replaced; `drum.extend(profile, [])` draws a new coreset.
	 * @throws ArgumentError for a prompt that is not in the history
	 * @throws ArgumentError for a profile with learned tokens in its prompts, because it does not record which prompts have which tokens
	 */
	without(which: Rows): Profile {
		return new Profile(withoutRows(this, which));
	}

	/** Whether a value is a profile. Unlike `instanceof`, this also recognises profiles of another copy of this package. */
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
