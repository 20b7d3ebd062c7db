/** Prints what a check found, one finding a line, and fails the process if there is any. */
export function report(check: string, findings: readonly string[]): void {
	for (const finding of findings) console.error(`${check}: ${finding}`);
	if (findings.length > 0) process.exit(1);
	console.log(`${check}: nothing to report`);
}
