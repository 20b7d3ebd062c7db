import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findPackage } from "@drum/tensor/node";
import manifest from "../../package.json" with { type: "json" };
import { type Processor, readProcessor } from "../bench/processor.ts";

/** On what a report was made. */
export interface Machine {
	drum: string;
	node: string;
	/** The version of onnxruntime-node; undefined where it is not there. */
	runtime?: string;
	/** As `linux x64`. */
	system: string;
	processor: Processor;
	/** Of the machine, or of its container. */
	memoryBytes: number;
}

export async function readMachine(): Promise<Machine> {
	const { machineMemory } = await import("@drum/pipeline");
	const runtime = await runtimeVersion();
	return {
		drum: manifest.version,
		node: process.versions.node,
		...(runtime !== undefined && { runtime }),
		system: `${process.platform} ${process.arch}`,
		processor: await readProcessor(),
		memoryBytes: machineMemory(),
	};
}

const NAME = "onnxruntime-node";

async function runtimeVersion(): Promise<string | undefined> {
	try {
		// The graph package's own, which the models run on.
		const graph = import.meta.resolve("@drum/graph");
		let folder = dirname(findPackage(NAME, graph));
		while (!folder.endsWith(NAME)) folder = dirname(folder);
		return JSON.parse(await readFile(join(folder, "package.json"), "utf8")).version;
	} catch {
		return undefined;
	}
}
