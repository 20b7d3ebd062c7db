import { expandPath } from "@drum/tensor/node";
import type { Command } from "commander";

/** What an option or an argument is called that takes a path, or a hub id in its place. */
const TAKES_PATH = /\b(folder|file|source)\b/;

/**
 * Expands `~` and variables of the environment in a command's paths, which no shell does in `--out=~/pictures`, in quotes, or where
 * the arguments come from a file.
 */
export function expandPaths(command: Command): void {
	for (const option of command.options) {
		if (!TAKES_PATH.test(option.flags)) continue;
		const name = option.attributeName();
		const value: unknown = command.getOptionValue(name);
		if (value === undefined) continue;
		command.setOptionValueWithSource(name, expanded(value), command.getOptionValueSource(name));
	}
	command.processedArgs = command.processedArgs.map((value: unknown, i) =>
		TAKES_PATH.test(command.registeredArguments[i]?.name() ?? "") ? expanded(value) : value,
	);
}

/** Of a text or a list of them; what stands before a path, as in `pip:~/pip` and `L=~/clip_l.safetensors`, stays. */
function expanded(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(expanded);
	if (typeof value !== "string") return value;
	const [, kind = "", path = ""] = /^([a-z]{2,}:|[A-Za-z0-9]+=)?(.*)$/s.exec(value) ?? [];
	return kind + expandPath(path);
}
