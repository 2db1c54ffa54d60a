// Log lines as text or JSON.
#include "kube/log.h"

#include <cstdio>

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

namespace sluice::kube {
namespace {

std::string_view word_for(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

std::string quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view(text)); }

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

void write_to_standard_error(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  // One call, so that lines of several processes on one terminal do not mix.
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

}  // namespace

Log::Log(LogLevel level, LogFormat format, Now now) : Log(level, format, std::move(now), write_to_standard_error) {}

Log::Log(LogLevel level, LogFormat format, Now now, Sink sink)
    : level_(level), format_(format), now_(std::move(now)), sink_(std::move(sink)) {}

void Log::debug(std::string_view message, std::initializer_list<LogField> fields) const {
  write(LogLevel::debug, message, fields);
}
void Log::info(std::string_view message, std::initializer_list<LogField> fields) const {
  write(LogLevel::info, message, fields);
}
void Log::warning(std::string_view message, std::initializer_list<LogField> fields) const {
  write(LogLevel::warning, message, fields);
}
void Log::error(std::string_view message, std::initializer_list<LogField> fields) const {
  write(LogLevel::error, message, fields);
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (!writes(level)) return;
  const std::string time = format_time(now_());
  std::string line;
  if (format_ == LogFormat::json) {
    line += "{\"time\":" + quoted(time) + ",\"level\":" + quoted(word_for(level)) + ",\"msg\":" + quoted(message);
    for (const LogField& field : fields) line += "," + quoted(field.first) + ":" + quoted(field.second);
    line += "}";
  } else {
    line += "time=" + quoted(time) + " level=" + std::string(word_for(level)) + " msg=" + quoted(message);
    for (const LogField& field : fields) {
      line += " " + std::string(field.first) + "=";
      line += is_plain(field.second) ? field.second : quoted(field.second);
    }
  }
  sink_(line);
}

}  // namespace sluice::kube
