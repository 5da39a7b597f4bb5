import { getContext, setContext } from 'svelte';
import type { Desk } from './desk.svelte';

const key = Symbol('desk');
export const giveDesk = (desk: Desk): Desk => setContext(key, desk);
export const deskOf = (): Desk => getContext<Desk>(key);
