import { aimockContract } from './aimock-contract.js';
import { faultContract } from './fault-contract.js';
import { RESPONSES } from './wire-under-test.js';

faultContract(RESPONSES);
aimockContract(RESPONSES);
