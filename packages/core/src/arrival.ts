import { arrive } from './handover/arrive.ts';

// At the first import, before a child of this process could inherit the marker.
arrive();
