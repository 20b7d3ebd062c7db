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

// A profile's file is safetensors with `features`, `<encoder>.hidden<skip>` and, for dislikes, `<encoder>.negative<skip>`. The rest is metadata.

const metadataSchema = z.object({
	history: z.array(z.object({ prompt: z.string(), intensity: z.number(), at: z.optional(z.iso.datetime()) })),
	coreset: z.array(z.int().check(z.minimum(0))),
	negativeCoreset: z.optional(z.array(z.int().check(z.minimum(0)))),
	fingerprints: z.record(z.string(), z.string()),
	sampling: z.object({
		ratio: z.optional(z.number().check(z.gt(0), z.maximum(1))),
		size: z.optional(z.int().check(z.minimum(1))),
		seed: z.int().check(z.minimum(0), z.maximum(2 ** 32 - 1)),
		halfLife: z.optional(z.number().check(z.gt(0))),
	}),
});

/** Versions of the format: 2 may have float16 states, and 3 may have dislikes and a half-life, which older readers would ignore. */
const VERSIONS = ["1", "2", "3"];
/** The smallest number that is infinite in float16. */
const BEYOND_FLOAT16 = 65520;

/** A profile as tensors and metadata. */
export function profileTensors(
	{
		history,
		coreset,
		negativeCoreset = [],
		fingerprints,
		sampling,
		features,
		states,
		negativeStates = [],
	}: ProfileParts,
	dtype: "float16" | "float32",
): { tensors: NamedTensors; metadata: Record<string, string> } {
	const named =
		(side: string) =>
		({ encoder, skip, hidden }: ProfileStates): [string, Tensor] => [
			`${encoder}.${side}${skip}`,
			dtype === "float16" ? halved(hidden) : hidden,
		];
	const kept = [...states.map(named("hidden")), ...negativeStates.map(named("negative"))];
	const isNew = sampling.halfLife !== undefined || history.some(({ intensity }) => intensity < 0);
	const version = isNew ? "3" : kept.some(([, { type }]) => type === "float16") ? "2" : "1";
	const parts = { history, coreset, ...(isNew && { negativeCoreset }), fingerprints, sampling };
	const texts = Object.entries(parts).map(([key, value]) => [key, JSON.stringify(value)]);
	return {
		tensors: { features, ...Object.fromEntries(kept) },
		metadata: { drum_profile: version, ...Object.fromEntries(texts) },
	};
}

/** Converts to float16, unless a value is too large for it. */
function halved(hidden: Tensor<"float32">): Tensor {
	const { dims, data } = hidden;
	for (const value of data) if (Math.abs(value) >= BEYOND_FLOAT16) return hidden;
	return { type: "float16", dims, data: float32ToFloat16(data) };
}

/**
 * Reads and checks the parts of a profile's file.
 * @param name the file's name, for messages
 * @throws CheckpointError if it is not a profile, is damaged, or contains numbers that are not finite
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
	const { history, coreset, negativeCoreset = [] } = parts;
	const isOld = metadata.drum_profile !== "3";
	const negative = history.findIndex(({ intensity }) => intensity < 0);
	if (isOld && negative >= 0)
		fail(`intensities from 0 in version ${metadata.drum_profile}`, `one below 0 in row ${negative}`);
	const features = tensors.get("features");
	if (features?.type !== "float32" || features.dims.length !== 2 || features.dims[0] !== history.length) {
		fail(`features of ${history.length} history rows`, features ? `[${features.dims.join(", ")}]` : "none");
	}
	checkRows(coreset, history, (intensity) => intensity >= 0, fail);
	checkRows(negativeCoreset, history, (intensity) => intensity < 0, fail);
	if (coreset.length > 0 && coreset.every((row) => history[row]!.intensity === 0)) {
		fail("a coreset with at least one intensity above 0", "none");
	}
	const untimed = history.findIndex(({ at }) => at === undefined);
	if (parts.sampling.halfLife !== undefined && untimed >= 0)
		fail("a time in each row, for its half-life", `none in row ${untimed}`);
	const read = (side: string, rows: readonly number[]) =>
		[...tensors].flatMap(([key, hidden]): ProfileStates[] => {
			const [, encoder, own, skip] = /^(.+)\.(hidden|negative)(-[12])$/.exec(key) ?? [];
			if (encoder === undefined || own !== side) return [];
			if (!Object.hasOwn(parts.fingerprints, encoder)) fail(`a fingerprint of the encoder of ${key}`, "none");
			const { type, dims } = hidden;
			if ((type !== "float32" && type !== "float16") || dims.length !== 3 || dims[0] !== rows.length) {
				fail(`${key} [${rows.length}, tokens, width]`, `${type} [${dims.join(", ")}]`);
			}
			return [{ encoder, skip: Number(skip) as Skip, hidden: float32(numbers(key, hidden, fail), dims) }];
		});
	const [states, negativeStates] = [read("hidden", coreset), read("negative", negativeCoreset)];
	numbers("features", features!, fail);
	return { ...parts, features: features as Tensor<"float32">, states, negativeStates };
}

/** Checks that each row of a coreset is in the history, has the right sign, and occurs once. */
function checkRows(
	rows: readonly number[],
	history: ProfileParts["history"],
	fits: (intensity: number) => boolean,
	fail: Fail,
): void {
	const outside = rows.find((row) => row >= history.length);
	if (outside !== undefined) fail(`rows of a history of ${history.length}`, `row ${outside}`);
	const seen = new Set<number>();
	const twice = rows.find((row) => seen.size === seen.add(row).size);
	if (twice !== undefined) fail("each row of the coreset once", `row ${twice} twice`);
	const other = rows.find((row) => !fits(history[row]!.intensity));
	if (other !== undefined) fail("rows of likes in the coreset, of dislikes in the negative one", `row ${other}`);
}

type Fail = (expected: string, found: string, cause?: unknown) => never;

/** The tensor's elements, all of which must be finite: any other would silently spoil every condition. */
function numbers(key: string, tensor: Tensor, fail: Fail): Float32Array {
	const data = toFloat32(tensor);
	for (let i = 0; i < data.length; i++)
		if (!Number.isFinite(data[i])) fail(`finite numbers in ${key}`, `${data[i]} at ${i}`);
	return data;
}

function parseMetadata(metadata: Readonly<Record<string, string>>, fail: Fail) {
	try {
		const keys = Object.keys(metadataSchema.shape).filter((key) => metadata[key] !== undefined);
		return metadataSchema.parse(Object.fromEntries(keys.map((key) => [key, parseJson(metadata[key]!)])));
	} catch (cause) {
		return fail("its history, coreset, fingerprints and sampling", "metadata that cannot be parsed", cause);
	}
}
