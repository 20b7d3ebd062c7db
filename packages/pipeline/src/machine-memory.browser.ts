/** WebAssembly's memory ends here. */
const MOST = 2 ** 32;

/** Some browsers tell gigabytes, in powers of two and up to 8; others nothing. */
export function machineMemory(): number {
	const { deviceMemory } = navigator as { deviceMemory?: number };
	return deviceMemory === undefined ? MOST : Math.min(MOST, deviceMemory * 2 ** 30);
}
