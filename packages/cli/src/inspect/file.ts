import type { HeaderOf } from "@drum/hub";
import { type Pick, picksOfProfile } from "../picks.ts";
import { summarize, type WeightsSummary } from "./weights.ts";

export interface ProfileReport {
	kind: "profile";
	name: string;
	bytes: number;
	/** Prompts of the history. */
	history: number;
	sampling: { ratio?: number | undefined; size?: number | undefined; seed: number; halfLife?: number | undefined };
	/** The encoders that it was made with, by the start of their fingerprints. */
	encoders: Record<string, string>;
	/** What is liked, then what is disliked. */
	kept: Pick[];
}

export interface AdapterReport {
	kind: "adapter";
	name: string;
	/** Width of the encoder that it stands behind. */
	width: number;
	layers: number;
	/** Rows of its query: the encoder's tokens, and one more for a class row. */
	rows: number;
	weights: WeightsSummary;
}

export interface WeightsReport {
	kind: "weights";
	name: string;
	/** What they are, in words, where their names tell. */
	is?: string;
	weights: WeightsSummary;
	metadata: Readonly<Record<string, string>>;
}

/** What a single safetensors file is: an adapter, or weights of any kind. */
export function inspectWeights(name: string, file: HeaderOf, is?: string | undefined): AdapterReport | WeightsReport {
	const { tensors, metadata } = file.header;
	const weights = summarize([file]);
	const query = tensors.get("base_query")?.dims;
	const layers = new Set([...tensors.keys()].flatMap((key) => /^tf\.(\d+)\./.exec(key)?.[1] ?? [])).size;
	if (query?.length === 3 && layers > 0) {
		return { kind: "adapter", name, width: query[2]!, layers, rows: query[1]!, weights };
	}
	return { kind: "weights", name, ...(is !== undefined && { is }), weights, metadata };
}

/** What a profile holds. A profile is read whole, since that is what tells whether it is sound; it is small. */
export async function inspectProfile(path: string, bytes: number): Promise<ProfileReport> {
	const { Profile } = await import("@drum/peca");
	const profile = await Profile.load(path);
	const { history, coreset, negativeCoreset, sampling, fingerprints } = profile;
	return {
		kind: "profile",
		name: path,
		bytes,
		history: history.length,
		sampling,
		encoders: Object.fromEntries(Object.entries(fingerprints).map(([name, print]) => [name, print.slice(0, 8)])),
		kept: picksOfProfile(profile, [...coreset, ...negativeCoreset]),
	};
}
