import { aimockContract } from '../contract/aimock-contract.js';
import { faultContract } from '../contract/fault-contract.js';
import { CHAT } from '../contract/wire-under-test.js';

faultContract(CHAT);
aimockContract(CHAT);
