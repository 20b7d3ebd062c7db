/** A TypeScript file, or the arguments of `drum`. */
export type Program = string | readonly string[];

const SIGN = "\u0001";

/** What stands in the output before that of a program. */
export function begins(program: Program): string {
	return `\n${SIGN}${JSON.stringify(program)}${SIGN}\n`;
}

/** What each program printed, in their order. */
export function outputsOf(output: string): string[] {
	return output.split(new RegExp(`\n${SIGN}[^${SIGN}]*${SIGN}\n`)).slice(1);
}

/** The program that began last, of an output that ended too early. */
export function lastOf(output: string): string {
	return output.split(SIGN).at(-2) ?? "none";
}
