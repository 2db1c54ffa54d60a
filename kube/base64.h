// Base64 as Kubernetes writes it in Secrets and kubeconfig files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::kube {

std::string encode_base64(std::string_view bytes);
// nullopt when the text is not base64; white space is passed over, missing padding is not.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace sluice::kube
