import type { Command } from "commander";

/** The options that a command was given, as arguments for another call of it; without those of these names. */
export function givenOptions(command: Command, without: readonly string[]): string[] {
	const values = command.opts();
	return command.options.flatMap((option) => {
		const name = option.attributeName();
		const value: unknown = values[name];
		if (without.includes(name) || command.getOptionValueSource(name) !== "cli") return [];
		// `--offload` and `--no-offload` are two options of one name.
		if (typeof value === "boolean") return value === !option.negate ? [option.long!] : [];
		return (Array.isArray(value) ? value : [value]).flatMap((each) => [option.long!, String(each)]);
	});
}
