import { mount } from "svelte";
import "./frame/theme.css";
import "./frame/base.css";
import "./frame/controls.css";
import App from "./frame/app.svelte";

mount(App, { target: document.querySelector("#page")! });
