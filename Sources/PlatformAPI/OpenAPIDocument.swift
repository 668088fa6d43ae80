/// The OpenAPI 3.1 document of the platform, served at `PlatformRoute.openAPI`.
/// It lives in the program so that every server serves the one it was built with; docs/api/openapi.json is its copy
/// (`platformd openapi > docs/api/openapi.json`), and a test holds both to the routes of the server.
public enum OpenAPIDocument {
    /// JSON, without a line break at its end.
    public static let json = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "CivicKiosk central platform",
            "version": "1.0.0",
            "description": "What a city offers to its kiosks. A packet (an application or one material) is sealed by the kiosk, \#
        uploaded with tus 1.0 and acknowledged with a signature. Sealed packets and acknowledgements are described in \#
        docs/sealed-packet.md. Order of delivery: an application first, then its materials; a material that comes earlier is refused \#
        with 409 application-missing and Retry-After."
          },
          "paths": {
            "/openapi.json": {
              "get": {
                "operationId": "getDocument",
                "summary": "This document",
                "security": [],
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/health": {
              "get": {
                "operationId": "getHealth",
                "summary": "Whether the platform and its database answer",
                "security": [],
                "responses": {
                  "200": {
                    "description": "Healthy",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "status": {
                              "const": "ok"
                            }
                          },
                          "required": [
                            "status"
                          ]
                        }
                      }
                    }
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/info": {
              "get": {
                "operationId": "getInfo",
                "summary": "Keys and limits",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The first key of each list is the current one",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/PlatformInfo"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/items": {
              "get": {
                "operationId": "listItems",
                "summary": "Service items",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "responses": {
                  "200": {
                    "description": "All items",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "array",
                          "items": {
                            "$ref": "#/components/schemas/ServiceItem"
                          }
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/uploads": {
              "options": {
                "operationId": "getUploadOptions",
                "summary": "tus version, extensions and limits",
                "security": [],
                "responses": {
                  "204": {
                    "description": "tus 1.0: creation, termination, checksum (sha256)",
                    "headers": {
                      "Tus-Resumable": {
                        "$ref": "#/components/headers/TusResumable"
                      }
                    }
                  }
                }
              },
              "post": {
                "operationId": "createUpload",
                "summary": "Announce a packet",
                "description": "Idempotent: the same packet gets the same Location again. Deferred lengths and creation-with-upload are \#
        not supported.",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/TusResumable"
                  },
                  {
                    "name": "Upload-Length",
                    "in": "header",
                    "required": true,
                    "description": "bytes of the sealed packet",
                    "schema": {
                      "type": "integer",
                      "minimum": 1
                    }
                  },
                  {
                    "name": "Upload-Metadata",
                    "in": "header",
                    "required": true,
                    "description": "tus pairs: id (UUIDv7), kind (application or material), sequence (decimal), digest (SHA-256 of the \#
        sealed bytes, lower-case hexadecimal), each base64; no other keys",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "201": {
                    "description": "Announced",
                    "headers": {
                      "Location": {
                        "$ref": "#/components/headers/Location"
                      },
                      "Upload-Offset": {
                        "$ref": "#/components/headers/UploadOffset"
                      },
                      "Tus-Resumable": {
                        "$ref": "#/components/headers/TusResumable"
                      }
                    }
                  },
                  "200": {
                    "description": "Announced before",
                    "headers": {
                      "Location": {
                        "$ref": "#/components/headers/Location"
                      },
                      "Upload-Offset": {
                        "$ref": "#/components/headers/UploadOffset"
                      },
                      "Tus-Resumable": {
                        "$ref": "#/components/headers/TusResumable"
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "409": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "412": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "413": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "422": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "429": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/uploads/{id}": {
              "parameters": [
                {
                  "name": "id",
                  "in": "path",
                  "required": true,
                  "description": "Packet id: UUIDv7, lower case.",
                  "schema": {
                    "$ref": "#/components/schemas/PacketID"
                  }
                }
              ],
              "head": {
                "operationId": "getUploadOffset",
                "summary": "How many bytes are durable",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/TusResumable"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The upload exists",
                    "headers": {
                      "Upload-Offset": {
                        "$ref": "#/components/headers/UploadOffset"
                      },
                      "Upload-Length": {
                        "$ref": "#/components/headers/UploadLength"
                      },
                      "Tus-Resumable": {
                        "$ref": "#/components/headers/TusResumable"
                      }
                    }
                  },
                  "401": {
                    "description": "No valid token"
                  },
                  "403": {
                    "description": "Token of another role"
                  },
                  "404": {
                    "description": "No such upload of this kiosk"
                  },
                  "412": {
                    "description": "Another tus version"
                  }
                }
              },
              "patch": {
                "operationId": "appendToUpload",
                "summary": "Send the next bytes",
                "description": "The answer comes after the bytes are fsynced. With Upload-Checksum the body counts as a whole or not at \#
        all, and is limited to 1 MiB. After the last byte the packet is decided; a packet whose bytes are not those announced is \#
        discarded with 460 and has to be announced again.",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/TusResumable"
                  },
                  {
                    "name": "Upload-Offset",
                    "in": "header",
                    "required": true,
                    "schema": {
                      "type": "integer",
                      "minimum": 0
                    }
                  },
                  {
                    "name": "Upload-Checksum",
                    "in": "header",
                    "required": false,
                    "description": "`sha256 ` and the digest of the body in base64",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/offset+octet-stream": {
                      "schema": {
                        "type": "string",
                        "contentMediaType": "application/octet-stream"
                      }
                    }
                  }
                },
                "responses": {
                  "204": {
                    "description": "Durable",
                    "headers": {
                      "Upload-Offset": {
                        "$ref": "#/components/headers/UploadOffset"
                      },
                      "Tus-Resumable": {
                        "$ref": "#/components/headers/TusResumable"
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "404": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "408": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "409": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "412": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "413": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "415": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "423": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "460": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              },
              "delete": {
                "operationId": "deleteUpload",
                "summary": "Withdraw an upload that is not decided",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/TusResumable"
                  }
                ],
                "responses": {
                  "204": {
                    "description": "Withdrawn",
                    "headers": {
                      "Tus-Resumable": {
                        "$ref": "#/components/headers/TusResumable"
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "404": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "409": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "412": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "423": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/acknowledgements/{id}": {
              "parameters": [
                {
                  "name": "id",
                  "in": "path",
                  "required": true,
                  "description": "Packet id: UUIDv7, lower case.",
                  "schema": {
                    "$ref": "#/components/schemas/PacketID"
                  }
                }
              ],
              "get": {
                "operationId": "getAcknowledgement",
                "summary": "The platform's word on a packet",
                "security": [
                  {
                    "kiosk": []
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Accepted, for good",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/SignedAcknowledgement"
                        }
                      }
                    }
                  },
                  "404": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "422": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/applications": {
              "get": {
                "operationId": "listApplications",
                "summary": "Applications, oldest first; nothing personal",
                "security": [
                  {
                    "operator": []
                  }
                ],
                "parameters": [
                  {
                    "name": "after",
                    "in": "query",
                    "required": false,
                    "description": "The last id of the page before",
                    "schema": {
                      "$ref": "#/components/schemas/PacketID"
                    }
                  },
                  {
                    "name": "limit",
                    "in": "query",
                    "required": false,
                    "schema": {
                      "type": "integer",
                      "minimum": 1,
                      "maximum": 500,
                      "default": 100
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "One page",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "array",
                          "items": {
                            "$ref": "#/components/schemas/ApplicationSummary"
                          }
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/applications/{id}": {
              "parameters": [
                {
                  "name": "id",
                  "in": "path",
                  "required": true,
                  "description": "Packet id: UUIDv7, lower case.",
                  "schema": {
                    "$ref": "#/components/schemas/PacketID"
                  }
                }
              ],
              "get": {
                "operationId": "getApplication",
                "summary": "One application with its applicant",
                "security": [
                  {
                    "operator": []
                  }
                ],
                "responses": {
                  "200": {
                    "description": "Opened for this answer; it stays sealed on the disk",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/ApplicationDetail"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "404": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            },
            "/v1/applications/{id}/materials/{material}": {
              "parameters": [
                {
                  "name": "id",
                  "in": "path",
                  "required": true,
                  "description": "Packet id: UUIDv7, lower case.",
                  "schema": {
                    "$ref": "#/components/schemas/PacketID"
                  }
                },
                {
                  "name": "material",
                  "in": "path",
                  "required": true,
                  "description": "Id of the material's packet",
                  "schema": {
                    "$ref": "#/components/schemas/PacketID"
                  }
                }
              ],
              "get": {
                "operationId": "getMaterial",
                "summary": "The bytes of a material",
                "security": [
                  {
                    "operator": []
                  }
                ],
                "responses": {
                  "200": {
                    "description": "In the announced media type",
                    "content": {
                      "application/pdf": {},
                      "image/jpeg": {}
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "403": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "404": {
                    "$ref": "#/components/responses/Problem"
                  },
                  "500": {
                    "$ref": "#/components/responses/Problem"
                  }
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "kiosk": {
                "type": "http",
                "scheme": "bearer",
                "description": "Token of an enrolled kiosk"
              },
              "operator": {
                "type": "http",
                "scheme": "bearer",
                "description": "Token of an operator"
              }
            },
            "parameters": {
              "TusResumable": {
                "name": "Tus-Resumable",
                "in": "header",
                "required": true,
                "schema": {
                  "const": "1.0.0"
                }
              }
            },
            "headers": {
              "TusResumable": {
                "schema": {
                  "const": "1.0.0"
                }
              },
              "UploadOffset": {
                "description": "durable bytes",
                "schema": {
                  "type": "integer"
                }
              },
              "UploadLength": {
                "description": "bytes of the packet",
                "schema": {
                  "type": "integer"
                }
              },
              "Location": {
                "description": "Path of the upload",
                "schema": {
                  "type": "string"
                }
              }
            },
            "responses": {
              "Problem": {
                "description": "An error (RFC 9457)",
                "headers": {
                  "Retry-After": {
                    "description": "seconds; where repeating helps",
                    "schema": {
                      "type": "integer"
                    }
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    }
                  }
                }
              }
            },
            "schemas": {
              "PacketID": {
                "type": "string",
                "format": "uuid",
                "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
              },
              "Problem": {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "description": "urn:civickiosk:problem:<code>",
                    "enum": [
                      "urn:civickiosk:problem:not-found",
                      "urn:civickiosk:problem:method-not-allowed",
                      "urn:civickiosk:problem:unauthorised",
                      "urn:civickiosk:problem:bad-request",
                      "urn:civickiosk:problem:too-large",
                      "urn:civickiosk:problem:unsupported-media-type",
                      "urn:civickiosk:problem:tus-version",
                      "urn:civickiosk:problem:upload-conflict",
                      "urn:civickiosk:problem:offset-conflict",
                      "urn:civickiosk:problem:upload-busy",
                      "urn:civickiosk:problem:application-missing",
                      "urn:civickiosk:problem:checksum-mismatch",
                      "urn:civickiosk:problem:undecided",
                      "urn:civickiosk:problem:packet-rejected",
                      "urn:civickiosk:problem:too-many-requests",
                      "urn:civickiosk:problem:timeout",
                      "urn:civickiosk:problem:unavailable",
                      "urn:civickiosk:problem:internal-error"
                    ]
                  },
                  "title": {
                    "type": "string"
                  },
                  "status": {
                    "type": "integer"
                  },
                  "detail": {
                    "type": "string"
                  },
                  "reason": {
                    "description": "Why a packet was rejected",
                    "enum": [
                      "not-a-packet",
                      "unsupported-format",
                      "wrong-key",
                      "wrong-header",
                      "reordered",
                      "tampered",
                      "truncated",
                      "trailing-bytes",
                      "malformed-submission",
                      "submission-mismatch",
                      "unknown-item",
                      "invalid-material",
                      "manifest-mismatch"
                    ]
                  }
                },
                "required": [
                  "type",
                  "title",
                  "status"
                ]
              },
              "Key": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{16}$"
                  },
                  "publicKey": {
                    "type": "string",
                    "contentEncoding": "base64",
                    "description": "32 bytes"
                  }
                },
                "required": [
                  "id",
                  "publicKey"
                ]
              },
              "PlatformInfo": {
                "type": "object",
                "properties": {
                  "sealingKeys": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Key"
                    },
                    "minItems": 1
                  },
                  "acknowledgementKeys": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Key"
                    },
                    "minItems": 1
                  },
                  "maxPacketSize": {
                    "type": "integer"
                  },
                  "time": {
                    "type": "string",
                    "format": "date-time"
                  }
                },
                "required": [
                  "sealingKeys",
                  "acknowledgementKeys",
                  "maxPacketSize",
                  "time"
                ]
              },
              "LocalizedText": {
                "type": "object",
                "description": "By BCP 47 tag; zh-Hans is always there",
                "additionalProperties": {
                  "type": "string"
                },
                "required": [
                  "zh-Hans"
                ]
              },
              "MaterialRequirement": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "string"
                  },
                  "name": {
                    "$ref": "#/components/schemas/LocalizedText"
                  },
                  "hint": {
                    "$ref": "#/components/schemas/LocalizedText"
                  },
                  "required": {
                    "type": "boolean"
                  },
                  "maxPages": {
                    "type": "integer"
                  }
                },
                "required": [
                  "id",
                  "name",
                  "required",
                  "maxPages"
                ]
              },
              "ServiceItem": {
                "type": "object",
                "properties": {
                  "code": {
                    "type": "string",
                    "minLength": 31,
                    "maxLength": 31
                  },
                  "name": {
                    "$ref": "#/components/schemas/LocalizedText"
                  },
                  "department": {
                    "$ref": "#/components/schemas/LocalizedText"
                  },
                  "authentication": {
                    "enum": [
                      "anonymous",
                      "card",
                      "cardAndSecondFactor"
                    ]
                  },
                  "materials": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/MaterialRequirement"
                    }
                  }
                },
                "required": [
                  "code",
                  "name",
                  "department",
                  "authentication",
                  "materials"
                ]
              },
              "Acknowledgement": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "string",
                    "format": "uuid"
                  },
                  "kiosk": {
                    "type": "string"
                  },
                  "sequence": {
                    "type": "integer"
                  },
                  "kind": {
                    "enum": [
                      "application",
                      "material"
                    ]
                  },
                  "sealedDigest": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$"
                  },
                  "plaintextDigest": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$"
                  },
                  "applicationNumber": {
                    "type": "string",
                    "minLength": 43,
                    "maxLength": 43
                  },
                  "acceptedAt": {
                    "type": "string",
                    "format": "date-time"
                  }
                },
                "required": [
                  "id",
                  "kiosk",
                  "sequence",
                  "kind",
                  "sealedDigest",
                  "plaintextDigest",
                  "acceptedAt"
                ]
              },
              "SignedAcknowledgement": {
                "type": "object",
                "properties": {
                  "acknowledgement": {
                    "$ref": "#/components/schemas/Acknowledgement"
                  },
                  "keyID": {
                    "type": "string"
                  },
                  "signature": {
                    "type": "string",
                    "contentEncoding": "base64",
                    "description": "Ed25519, 64 bytes"
                  }
                },
                "required": [
                  "acknowledgement",
                  "keyID",
                  "signature"
                ]
              },
              "Material": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "string",
                    "format": "uuid"
                  },
                  "requirement": {
                    "type": "string"
                  },
                  "mediaType": {
                    "type": "string"
                  },
                  "pageCount": {
                    "type": "integer"
                  },
                  "byteCount": {
                    "type": "integer"
                  },
                  "digest": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$"
                  },
                  "receivedAt": {
                    "type": "string",
                    "format": "date-time"
                  }
                },
                "required": [
                  "id",
                  "requirement",
                  "mediaType",
                  "pageCount",
                  "byteCount",
                  "digest"
                ]
              },
              "ApplicationSummary": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "string",
                    "format": "uuid"
                  },
                  "number": {
                    "type": "string",
                    "minLength": 43,
                    "maxLength": 43
                  },
                  "reference": {
                    "type": "string"
                  },
                  "kiosk": {
                    "type": "string"
                  },
                  "itemCode": {
                    "type": "string"
                  },
                  "status": {
                    "enum": [
                      "awaiting-materials",
                      "complete"
                    ]
                  },
                  "submittedAt": {
                    "type": "string",
                    "format": "date-time"
                  },
                  "receivedAt": {
                    "type": "string",
                    "format": "date-time"
                  },
                  "materials": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Material"
                    }
                  }
                },
                "required": [
                  "id",
                  "number",
                  "reference",
                  "kiosk",
                  "itemCode",
                  "status",
                  "submittedAt",
                  "receivedAt",
                  "materials"
                ]
              },
              "ApplicationDetail": {
                "type": "object",
                "properties": {
                  "summary": {
                    "$ref": "#/components/schemas/ApplicationSummary"
                  },
                  "submission": {
                    "type": "object",
                    "description": "The ApplicationSubmission that the kiosk sealed, with personal data"
                  }
                },
                "required": [
                  "summary",
                  "submission"
                ]
              }
            }
          }
        }
        """#
}
