/** API frames in hex, put together by hand so that the tests do not rely on the code they check. */

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

export function announceHex(ttl: number, dataType: number, data: string): string {
  return `${hex(8 + data.length / 2, 4)}01f4${hex(ttl, 2)}00${hex(dataType, 4)}${data}`;
}

export const notifyHex = (dataType: number): string => `000801f50000${hex(dataType, 4)}`;

export function notificationHex(messageId: number, dataType: number, data = ""): string {
  return `${hex(8 + data.length / 2, 4)}01f6${hex(messageId, 4)}${hex(dataType, 4)}${data}`;
}

export const validationHex = (messageId: number, verdict: 0 | 1): string =>
  `000801f7${hex(messageId, 4)}000${verdict}`;
