/** Every workflow the worker runs: what the bundle is made of. */
export { approval } from './approval/approval.workflow.ts';
export { authentication } from './authentication/authentication.workflow.ts';
export { delivery } from './delivery/delivery.workflow.ts';
