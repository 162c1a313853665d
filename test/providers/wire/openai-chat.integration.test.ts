import { aimockContract } from './aimock-contract.js';
import { faultContract } from './fault-contract.js';
import { CHAT } from './wire-under-test.js';

faultContract(CHAT);
aimockContract(CHAT);
