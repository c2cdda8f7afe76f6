-- Argo CD's judgement of RucioInstance, VirtualOrganisation and StorageElement.
local status = obj.status or {}
if obj.metadata.deletionTimestamp ~= nil then
  return {status = "Progressing", message = "is being deleted"}
end
local found = {}
for _, condition in ipairs(status.conditions or {}) do
  found[condition.type] = condition
end
local ready = found["Ready"]
if found["Suspended"] ~= nil and found["Suspended"].status == "True" then
  return {status = "Suspended", message = found["Suspended"].message}
end
if status.observedGeneration ~= obj.metadata.generation or ready == nil then
  return {status = "Progressing", message = "waits for the operator"}
end
if found["Stalled"] ~= nil and found["Stalled"].status == "True" then
  return {status = "Degraded", message = ready.reason .. ": " .. ready.message}
end
if ready.status == "True" then
  return {status = "Healthy", message = ready.message}
end
return {status = "Progressing", message = ready.reason .. ": " .. ready.message}
