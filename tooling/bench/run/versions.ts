import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const PACKAGES = ["torch", "diffusers", "transformers", "openvino", "nncf"];
const ASK = `import importlib.metadata as m, json; print(json.dumps({name: m.version(name) for name in ${JSON.stringify(PACKAGES)}}))`;

/** Of what is compared. */
export function versions(python: string): Record<string, string> {
	const graph = createRequire(new URL("../../../packages/graph/package.json", import.meta.url));
	const theirs = JSON.parse(execFileSync(python, ["-c", ASK], { encoding: "utf8" })) as Record<string, string>;
	return {
		"Node.js": process.versions.node,
		"onnxruntime-node": graph("onnxruntime-node/package.json").version,
		...theirs,
	};
}
