import { mount } from "svelte";
import "./frame/theme.css";
import "./frame/base.css";
import "./frame/controls.css";
import App from "./frame/app.svelte";
import { httpService } from "./service/http-service.ts";
import { live } from "./service/live.svelte.ts";
import { connect } from "./service/service.ts";

connect({ service: httpService, events: live });
mount(App, { target: document.querySelector("#page")! });
