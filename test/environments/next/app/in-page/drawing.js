import { useEffect } from "react";
import { draw } from "./draw.js";

export default function Drawing() {
	useEffect(() => {
		globalThis.draw = draw;
	}, []);
	return <p>draws</p>;
}
