import { headerOf, weightsKind } from "@drum/formats";
import {
	CheckpointError,
	float32,
	float32ToFloat16,
	type NamedTensors,
	parseJson,
	type Skip,
	type Tensor,
	toFloat32,
} from "@drum/tensor";
import * as z from "zod/mini";
import type { ProfileParts, ProfileStates } from "./profile-parts.ts";

// A profile's file: safetensors of `features` and `<encoder>.hidden<skip>`, the rest as metadata.

const metadataSchema = z.object({
	history: z.array(z.object({ prompt: z.string(), intensity: z.number().check(z.minimum(0)) })),
	coreset: z.array(z.int().check(z.minimum(0))),
	fingerprints: z.record(z.string(), z.string()),
	sampling: z.object({
		ratio: z.optional(z.number().check(z.gt(0), z.maximum(1))),
		size: z.optional(z.int().check(z.minimum(1))),
		seed: z.int().check(z.minimum(0), z.maximum(2 ** 32 - 1)),
	}),
});

/** Version 1 has float32 alone; version 2 may have hidden states in float16. */
const VERSIONS = ["1", "2"];
/** From here on float16 is infinite. */
const BEYOND_FLOAT16 = 65520;

/** A profile as tensors and metadata. */
export function profileTensors(
	{ history, coreset, fingerprints, sampling, features, states }: ProfileParts,
	dtype: "float16" | "float32",
): { tensors: NamedTensors; metadata: Record<string, string> } {
	const kept = states.map(({ encoder, skip, hidden }): [string, Tensor] => [
		`${encoder}.hidden${skip}`,
		dtype === "float16" ? halved(hidden) : hidden,
	]);
	const version = kept.some(([, { type }]) => type === "float16") ? "2" : "1";
	const parts = Object.entries({ history, coreset, fingerprints, sampling });
	const texts = parts.map(([key, value]) => [key, JSON.stringify(value)]);
	return {
		tensors: { features, ...Object.fromEntries(kept) },
		metadata: { drum_profile: version, ...Object.fromEntries(texts) },
	};
}

/** In float16, or as it is where a value is beyond that. */
function halved(hidden: Tensor<"float32">): Tensor {
	const { dims, data } = hidden;
	for (const value of data) if (Math.abs(value) >= BEYOND_FLOAT16) return hidden;
	return { type: "float16", dims, data: float32ToFloat16(data) };
}

/**
 * The parts of a profile's file.
 * @param name the file's, for messages
 * @throws CheckpointError where it is not a profile, is damaged, or holds what is no number.
 */
export function readProfileTensors(
	tensors: ReadonlyMap<string, Tensor>,
	metadata: Readonly<Record<string, string>>,
	name: string,
): ProfileParts {
	const fail: Fail = (expected, found, cause) => {
		const next = "Make it again from the history";
		throw new CheckpointError({ what: `profile ${name}`, expected, found, next, cause });
	};
	if (!VERSIONS.includes(metadata.drum_profile ?? "")) {
		const { drum_profile: version } = metadata;
		const found = version ? `version ${version}` : (weightsKind(headerOf(tensors))?.is ?? "another kind of file");
		fail(`a profile of version ${VERSIONS.join(" or ")}`, found);
	}
	const parts = parseMetadata(metadata, fail);
	const { history, coreset } = parts;
	const features = tensors.get("features");
	if (features?.type !== "float32" || features.dims.length !== 2 || features.dims[0] !== history.length) {
		fail(`features of ${history.length} history rows`, features ? `[${features.dims.join(", ")}]` : "none");
	}
	const outside = coreset.find((row) => row >= history.length);
	if (outside !== undefined) fail(`rows of a history of ${history.length}`, `row ${outside}`);
	const seen = new Set<number>();
	const twice = coreset.find((row) => seen.size === seen.add(row).size);
	if (twice !== undefined) fail("each row of the coreset once", `row ${twice} twice`);
	if (coreset.length > 0 && coreset.every((row) => history[row]!.intensity === 0)) {
		fail("a coreset with at least one intensity above 0", "none");
	}
	const states = [...tensors].flatMap(([key, hidden]): ProfileStates[] => {
		const [, encoder, skip] = /^(.+)\.hidden(-[12])$/.exec(key) ?? [];
		if (encoder === undefined) return [];
		if (!Object.hasOwn(parts.fingerprints, encoder)) fail(`a fingerprint of the encoder of ${key}`, "none");
		const { type, dims } = hidden;
		if ((type !== "float32" && type !== "float16") || dims.length !== 3 || dims[0] !== coreset.length) {
			fail(`${key} [${coreset.length}, tokens, width]`, `${type} [${dims.join(", ")}]`);
		}
		return [{ encoder, skip: Number(skip) as Skip, hidden: float32(numbers(key, hidden, fail), dims) }];
	});
	numbers("features", features!, fail);
	return { ...parts, features: features as Tensor<"float32">, states };
}

type Fail = (expected: string, found: string, cause?: unknown) => never;

/** The tensor's elements, all of which must be finite: one that is not would spoil each condition in silence. */
function numbers(key: string, tensor: Tensor, fail: Fail): Float32Array {
	const data = toFloat32(tensor);
	for (let i = 0; i < data.length; i++)
		if (!Number.isFinite(data[i])) fail(`finite numbers in ${key}`, `${data[i]} at ${i}`);
	return data;
}

function parseMetadata(metadata: Readonly<Record<string, string>>, fail: Fail) {
	try {
		const keys = Object.keys(metadataSchema.shape);
		return metadataSchema.parse(Object.fromEntries(keys.map((key) => [key, parseJson(metadata[key] ?? "null")])));
	} catch (cause) {
		return fail("its history, coreset, fingerprints and sampling", "metadata that do not parse", cause);
	}
}
