/** The most memory of WebAssembly, in bytes. */
const MOST = 2 ** 32;

/** Some browsers give the memory in gigabytes, as a power of two up to 8. Others give nothing. */
export function machineMemory(): number {
	const { deviceMemory } = navigator as { deviceMemory?: number };
	return deviceMemory === undefined ? MOST : Math.min(MOST, deviceMemory * 2 ** 30);
}
