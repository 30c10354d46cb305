/** Every workflow the worker runs: what the bundle is made of. */
export { authentication } from './authentication/authentication.workflow.ts';
export { delivery } from './delivery/delivery.workflow.ts';
