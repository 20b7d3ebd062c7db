import type { InferenceSession } from "onnxruntime-common";
import type { CreateRequest } from "./answer.ts";

/** How ONNX Runtime is to hold a model, on any device and in any build. */
export function sessionOptions({ device, optimize, threads, nothingElse = false }: CreateRequest): {
	graphOptimizationLevel: "all" | "basic" | "disabled";
} & InferenceSession.SessionOptions {
	const onProcessor = device === "cpu" || device === "wasm";
	return {
		// On the CPU the graph is good as it stands: optimizing it costs tens of seconds and wins little. Folding what is made
		// of weights alone is the exception.
		graphOptimizationLevel: !onProcessor ? "all" : optimize ? "basic" : "disabled",
		intraOpNumThreads: threads,
		interOpNumThreads: 1,
		// Planning memory ahead keeps a second set of buffers besides the first run's: 1.2 GB more for a picture of 512 × 512,
		// and no time won.
		enableMemPattern: false,
		// A trial's failure is a finding.
		logSeverityLevel: nothingElse ? 4 : 3,
		extra: { session: nothingElse ? { disable_cpu_ep_fallback: "1" } : {} },
	};
}
