// The hash with which names of ReplicaSets end and with which steps are compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::crds {

// FNV-1a with 32 bits over the text and, when there is one, the collision count; written with digits and letters that
// make no words.
std::string safe_hash(std::string_view text, std::optional<std::int32_t> collision_count = std::nullopt);

}  // namespace sluice::crds
